cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs: {}
outputs:
  made:
    type: File
    outputBinding:
      glob: ../secret.txt  # <- CWL-V005
