cwlVersion: v1.2
class: Workflow
inputs:
  data:
    type: File
outputs: {}
steps:
  look:
    run: look.cwl
    in:
      data: data  # <- CWL-T011
    out: []
