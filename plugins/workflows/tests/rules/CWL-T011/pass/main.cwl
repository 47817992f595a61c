cwlVersion: v1.2
class: Workflow
inputs:
  data:
    type: File
    secondaryFiles: [.bai]
outputs: {}
steps:
  look:
    run: look.cwl
    in:
      data: data
    out: []
