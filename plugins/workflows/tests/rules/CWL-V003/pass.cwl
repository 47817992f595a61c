cwlVersion: v1.2
class: CommandLineTool
requirements:
  ResourceRequirement:
    ramMin: 1000
    ramMax: 4000
baseCommand: echo
inputs: {}
outputs: {}
