cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs: {}
outputs: {}
successCodes: [0, 1]
permanentFailCodes: [1]  # <- CWL-V004
