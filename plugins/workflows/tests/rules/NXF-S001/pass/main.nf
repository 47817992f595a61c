include { GREET } from './modules/greet'

process SPLIT {
    input:
    path text
    output:
    path "part_*"
    script:
    """
    split -l 1 ${text} part_   # a { of its own
    """
}

workflow {
    SPLIT(file('x.txt')) | GREET
}
