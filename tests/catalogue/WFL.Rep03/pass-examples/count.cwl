cwlVersion: v1.2
class: CommandLineTool
label: Count the lines of a file
baseCommand: [wc, -l]
requirements:
  DockerRequirement:
    dockerPull: debian:12.5
inputs:
  file:
    type: File
    inputBinding: {}
outputs:
  count: stdout
