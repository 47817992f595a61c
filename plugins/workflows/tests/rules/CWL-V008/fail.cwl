cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  data:
    type: stdin  # <- CWL-V008
  other: File
outputs: {}
stdin: $(inputs.other.path)
