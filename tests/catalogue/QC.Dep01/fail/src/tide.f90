program tide
end program
