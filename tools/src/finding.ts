/** One violation of a repository rule: where it is, which rule it breaks, and what to do. */
export interface Finding {
  /** Path below the repository's root, with forward slashes. */
  readonly file: string;
  /** Line in the file, from 1. */
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

/** Prints the findings as `file:line rule: message` and sets the exit code to 1 when there is one. */
export function report(check: string, findings: readonly Finding[], filesChecked: number): void {
  for (const { file, line, rule, message } of findings) console.log(`${file}:${line} ${rule}: ${message}`);
  console.log(`${check}: ${filesChecked} files, ${findings.length} findings`);
  if (findings.length > 0) process.exitCode = 1;
}

/** Line of a character offset, from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
