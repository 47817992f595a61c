cwlVersion: v1.2
class: CommandLineTool
requirements:
  NetworkAccess:
    networkAccess: true  # <- CWL-P005
baseCommand: echo
inputs: {}
outputs: {}
