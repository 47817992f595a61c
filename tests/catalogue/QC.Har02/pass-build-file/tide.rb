def height(t)
  2 * t
end
