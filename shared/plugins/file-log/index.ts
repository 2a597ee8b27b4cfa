/**
 * file-log: one JSON line a request, appended to a file. Writing happens in batches off the request path;
 * when the disk is too slow, lines are lost and counted, never requests.
 */
import { LineWriter } from '../../observe/line-writer.ts';
import { logRecordBytes } from '../../observe/log-record.ts';
import { definePlugin } from '../contract.ts';
import schema from './schema.ts';

export default definePlugin({
  name: 'file-log',
  version: '3.10.0',
  priority: 9,
  schema,
  create(config, kit) {
    const { path, reopen } = config;
    const lost = kit.metrics
      .counter('cardinal_file_log_lost_lines_total', 'Log lines that never reached their file', ['path'])
      .with(path);
    const writer = kit.keep(
      `file-log:${reopen ? 'reopen' : 'keep'}:${path}`,
      () =>
        new LineWriter({
          path,
          reopen,
          onError(error, lines) {
            lost.add(lines);
            kit.log.error('failed to write the log file', { path, error });
          },
        }),
      (open) => void open.close(),
    );
    return {
      log(exchange) {
        const { bytes, length } = logRecordBytes(exchange);
        if (!writer.writeBytes(bytes, length)) lost.add(1);
      },
    };
  },
});
