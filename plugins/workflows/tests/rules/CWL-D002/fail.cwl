cwlVersion: v1.3.0-dev1  # <- CWL-D002
class: CommandLineTool
baseCommand: echo
inputs: {}
outputs: {}
