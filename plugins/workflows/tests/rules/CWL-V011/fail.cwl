cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  data:
    type: File
    default:
      class: File
      location: data.txt  # <- CWL-V011
    inputBinding: {}
outputs: {}
