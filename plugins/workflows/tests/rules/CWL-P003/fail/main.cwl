cwlVersion: v1.2
class: Workflow
inputs:
  word: string
outputs: {}
steps:
  say:  # <- CWL-P003
    run: echo.cwl
    in:
      word: word
    out: [said]
