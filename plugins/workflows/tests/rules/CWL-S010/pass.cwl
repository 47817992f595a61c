$namespaces: {s: 'https://schema.org/'}
cwlVersion: v1.2
class: CommandLineTool
s:author: Ada
baseCommand: echo
inputs: {}
outputs: {}
