cwlVersion: v1.2
class: Workflow
label: Count
inputs: {file: File}
outputs: []
steps:
  count:
    run: https://example.org/count.cwl
    in: {file: file}
    out: [count]
