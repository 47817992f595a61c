cwlVersion: v1.2
class: Workflow
inputs:
  word: string
outputs:
  said:
    type: File
    outputSource: say/text  # <- CWL-R010
steps:
  say:
    run: echo.cwl
    in:
      word: word
    out: [said]
