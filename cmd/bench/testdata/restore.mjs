// Creates, starts and polls restores by the vendor's client for Node, so many at
// a time: restore.mjs ENDPOINT N IN-FLIGHT POLL-INTERVAL
import { setTimeout as sleep } from 'node:timers/promises';
import Client from '@alicloud/pop-core';

const [endpoint, n, inFlight, interval] = process.argv.slice(2);
const at = Date.now() - 3_600_000;
const client = new Client({
  endpoint, accessKeyId: 'runner', accessKeySecret: 'made-up', apiVersion: '2019-03-06', opts: { timeout: 30_000 },
});
const call = (action, params) => client.request(action, params, { method: 'POST' });
const two = (i) => String(i).padStart(2, '0');

async function restore(i) {
  const { RestoreTaskId } = await call('CreateRestoreTask', {
    BackupPlanId: `dbs1bench${two(i % 10)}`,
    RestoreTaskName: `bench-${i}`,
    DestinationEndpointInstanceType: 'RDS',
    DestinationEndpointRegion: 'cn-hangzhou',
    DestinationEndpointInstanceID: `rm-bench${two(i % 20)}`,
    DestinationEndpointUserName: 'drill',
    DestinationEndpointPassword: 'made-up',
    RestoreObjects: JSON.stringify([{ DBName: 'shop', NewDBName: `shop_${i}` }]),
    RestoreTime: at,
  });
  await call('StartRestoreTask', { RestoreTaskId });
  for (;;) {
    await sleep(parseInt(interval, 10));
    const list = await call('DescribeRestoreTaskList', { RestoreTaskId });
    const status = list.Items.RestoreTaskDetail[0]?.RestoreStatus;
    if (status === 'finish') return;
    if (status !== 'init' && status !== 'running') throw new Error(`restore ${i}: ${status}`);
  }
}

let next = 0;
async function worker() {
  while (next < n) await restore(next++);
}
await Promise.all(Array.from({ length: inFlight }, worker));
