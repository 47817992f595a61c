cwlVersion: v1.2  # <- CWL-S102
$namespaces:
  s: https://schema.org/
s:softwareVersion: 1.0.0
$graph:
  - class: Workflow
    id: main
    label: Water
    doc: Finds water.
    inputs: {}
    outputs: {}
    steps: {}
