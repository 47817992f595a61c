cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  data:
    type: File
    secondaryFiles: [.bai]
    inputBinding: {}
outputs: {}
