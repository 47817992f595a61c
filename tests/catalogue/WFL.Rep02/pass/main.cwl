cwlVersion: v1.2
class: Workflow
label: Count
inputs: {file: File}
outputs: []
steps:
  count:
    run: count.cwl
    in: {file: file}
    out: [count]
