process GREET {
    input:
    path x
    script:
    "cat $x"
}
