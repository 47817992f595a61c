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

process SPLIT {  // <- NXF-S001
    script:
    "true"
}

workflow {
    SPLIT(file('x.txt')) | GREET
}
