cwlVersion: v1.2
class: CommandLineTool
hints:
  NetworkAccess:
    networkAccess: true
baseCommand: echo
inputs: {}
outputs: {}
