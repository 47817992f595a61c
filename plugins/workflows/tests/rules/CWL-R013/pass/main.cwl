cwlVersion: v1.2
class: Workflow
inputs:
  word: string
outputs:
  said:
    type: File
    outputSource: say/said
steps:
  say:
    run: echo.cwl
    in:
      word: word
    out: [said]
