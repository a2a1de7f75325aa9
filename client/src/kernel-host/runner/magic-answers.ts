/** What is said instead of running a magic. */
interface Answer {
  readonly message: string;
  /** Whether the cell fails: it does when what it asked for matters to what follows. */
  readonly fails: boolean;
}

const python = (what: string): Answer => ({
  message: `${what} is for Python: it changes nothing in a C++ notebook, and the cell goes on without it.`,
  fails: false,
});
const instead = (message: string): Answer => ({ message, fails: true });
const metakernel = instead('This magic of metakernel is not supported in a C++ notebook.');

/** Magics of IPython, JupyROOT and metakernel that notebooks use and that have no meaning here, or another way. */
const answers: Readonly<Record<string, Answer>> = {
  matplotlib: python('%matplotlib'),
  pylab: python('%pylab'),
  config: python('%config'),
  load_ext: python('%load_ext'),
  reload_ext: python('%reload_ext'),
  autoreload: python('%autoreload'),
  reload_magics: python('%reload_magics'),
  rootbrowse: instead(
    '%rootbrowse is not supported yet. List a file with: TFile::Open("file.root")->ls(); or its contents with !rootls -t file.root',
  ),
  jsmva: instead('JsMVA is no longer part of ROOT. TMVA itself works from C++ where your ROOT has it.'),
  timeit: instead('%timeit is for Python. Use %%time, around a loop if the code is quick.'),
  prun: instead('%prun is for Python. Use %%time.'),
  capture: instead('%%capture is for Python. End lines with ";" to show no value.'),
  debug: instead('There is no debugger for C++ cells here. A crash shows your functions and lines.'),
  restart: instead('Restart the kernel with the command "ROOTbook: Restart Kernel".'),
  kernel: instead('Other kernels cannot be called from a cell. Choose another kernel for the notebook.'),
  kx: instead('Other kernels cannot be called from a cell. Choose another kernel for the notebook.'),
  who: instead('List what is defined with the ROOT command ".g", and objects in memory with ".ls".'),
  whos: instead('List what is defined with the ROOT command ".g", and objects in memory with ".ls".'),
  reset: instead('Forget everything with the command "ROOTbook: Restart Kernel".'),
  edit: instead('Open the file in the editor.'),
  load: instead('Open the file in the editor and copy what you need, or run it with %run.'),
  cython: instead('%%cython is for Python. C++ code is compiled with %%cpp -a.'),
  r: instead('%%R is for Python notebooks with rpy2.'),
  perl: instead("Run it as a program: %%bash, then perl -e '...'"),
  ruby: instead("Run it as a program: %%bash, then ruby -e '...'"),
  ...Object.fromEntries(
    (
      'activity blockly brain connect_info conversation dot get install install_magic jigsaw macro parallel pipe plot ' +
      'pmap processing px scheme set show tutor'
    )
      .split(' ')
      .map((name) => [name, metakernel]),
  ),
};

export function answerTo(magic: string): Answer | undefined {
  return Object.hasOwn(answers, magic) ? answers[magic] : undefined;
}

/** What %lsmagic shows. */
export const magicsHelp = `Magics of a C++ notebook
  %%cpp [-d|-a]              C++; -d: declarations only, -a: compiled by ACLiC
  %%python, %python, %pip    Python, in a process of its own
  %%bash, %%sh, !command     the shell
  %%file NAME, %%writefile   write the cell into a file; -a: append
  %%html %%latex %%markdown %%javascript %%svg   show the cell as such
  %%time, %time              how long it takes
  %jsroot on|off             plots interactive, or as pictures
  %run FILE, %include FILE   run a macro or a Python script; compile a file
  %cd %pwd %ls %cat %mkdir %cp %mv %rm %env %download`;
