cwlVersion: v1.1
class: CommandLineTool
baseCommand: echo
inputs: {}
outputs: {}
intent: ['http://edamontology.org/operation_3436']  # <- CWL-D003
