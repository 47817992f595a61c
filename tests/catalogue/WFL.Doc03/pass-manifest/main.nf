// Counts the lines of each file.
process COUNT {
    input: path file
    output: path 'count.txt'
    script: "wc -l $file > count.txt"
}

workflow {
    COUNT(Channel.fromPath(params.input))
}
