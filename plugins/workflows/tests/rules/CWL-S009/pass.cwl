$namespaces: {cwltool: 'http://commonwl.org/cwltool#'}
cwlVersion: v1.2
class: CommandLineTool
hints:
  cwltool:CUDARequirement:
    cudaVersionMin: '11.4'
baseCommand: echo
inputs: {}
outputs: {}
