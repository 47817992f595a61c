cwlVersion: v1.0
class: CommandLineTool
hints:
  NetworkAccess:  # <- CWL-D004
    networkAccess: true
baseCommand: echo
inputs: {}
outputs: {}
