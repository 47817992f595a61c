cwlVersion: v1.2
class: CommandLineTool
requirements:
  ResourceRequirement:
    ramMin: 4000
    ramMax: 1000  # <- CWL-V003
baseCommand: echo
inputs: {}
outputs: {}
