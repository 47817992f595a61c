cwlVersion: v1.2
class: CommandLineTool
$namespaces: {edam: 'http://edamontology.org/'}
baseCommand: echo
inputs: {}
outputs: {}
intent: ['edam:operation_3436']
