cwlVersion: v1.2
class: Workflow
requirements:
  SubworkflowFeatureRequirement: {}
inputs: {}
outputs: {}
steps:
  again:
    run: main.cwl  # <- CWL-G002
    in: {}
    out: []
