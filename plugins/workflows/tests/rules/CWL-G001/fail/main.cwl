cwlVersion: v1.2
class: Workflow
inputs:
  data: File
outputs:
  made:
    type: File
    outputSource: two/made
steps:
  one:
    run: cat.cwl
    in:
      data: two/made
    out: [made]
  two:
    run: cat.cwl
    in:
      data: one/made  # <- CWL-G001
    out: [made]
