cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  $import: [a, b]  # <- CWL-R003
outputs: {}
