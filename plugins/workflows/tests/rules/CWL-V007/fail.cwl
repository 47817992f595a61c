cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  data:
    type: File
    default:
      class: File
      basename: sub/a.txt  # <- CWL-V007
      contents: hello
    inputBinding: {}
outputs: {}
