cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs: {}
outputs: {}
stdot: out.txt  # <- CWL-S001
