program tide
end program tide
