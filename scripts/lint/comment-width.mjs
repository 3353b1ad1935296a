/**
 * Lint rule `layers/comment-width`: a comment's lines end before column 120, as prettier sees to it for code. A line
 * that is one long word, such as an address, is left alone.
 */
const WIDTH = 120;

export const commentWidth = {
  meta: {
    type: 'layout',
    messages: { tooWide: 'A comment of {{columns}} columns: break the line before 120.' },
    schema: [],
  },
  create(context) {
    const { sourceCode } = context;
    return {
      Program() {
        for (const { loc } of sourceCode.getAllComments()) {
          for (let line = loc.start.line; line <= loc.end.line; line++) {
            const text = sourceCode.lines[line - 1];
            const columns = [...text].length;
            // What stands before a comment on its line is code, and prettier's business.
            if (columns <= WIDTH || /^\W*\S{100,}$/.test(text)) continue;
            context.report({ loc: { line, column: WIDTH }, messageId: 'tooWide', data: { columns: String(columns) } });
          }
        }
      },
    };
  },
};
