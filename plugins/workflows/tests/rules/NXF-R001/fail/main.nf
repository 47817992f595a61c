include { GREET } from './modules/great'  // <- NXF-R001

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
