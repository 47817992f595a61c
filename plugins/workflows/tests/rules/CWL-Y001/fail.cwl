cwlVersion: v1.2
class: CommandLineTool
baseCommand: [echo
inputs: {}  # <- CWL-Y001
outputs: {}
