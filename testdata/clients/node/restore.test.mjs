// Drives the service at DBSRESTORE_ENDPOINT with the vendor's client for Node.
// The Go test runner/dbs/emulator/node_test.go runs it against an emulator.
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import Client from '@alicloud/pop-core';

const {
  DBSRESTORE_ENDPOINT: endpoint,
  ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
} = process.env;

const planID = 'dbs1demomysql01';

// secretWord is the part of the password that looks the same however often it
// is encoded.
const secretWord = 'hunter2';
const password = `p@ss w+rd/=&%é!'()*~ ${secretWord}`;

const hour = 3_600_000; // in milliseconds

function connect(credentials = {}) {
  return new Client({
    endpoint, accessKeyId, accessKeySecret, apiVersion: '2019-03-06',
    opts: { timeout: 30_000 }, // in milliseconds; the client's own 3 s are few for a busy machine
    ...credentials,
  });
}

// call returns what the service answers. The client's errors hold the URL or
// the string that was signed, and so the password: only their code gets out.
// A failure of DBS itself has an ErrCode, which the client takes for success.
async function call(client, action, params, method = 'POST') {
  let reply;
  try {
    reply = await client.request(action, params, { method });
  } catch (err) {
    throw Object.assign(new Error(`${action} is refused`), { code: err.code ?? err.name });
  }
  assert.ok(reply.Success === true, `${action}: got ErrCode ${reply.ErrCode}, want success`);
  return reply;
}

function drill(name) {
  return {
    BackupPlanId: planID,
    RestoreTaskName: name,
    DestinationEndpointInstanceType: 'RDS',
    DestinationEndpointRegion: 'cn-hangzhou',
    DestinationEndpointInstanceID: 'rm-demodrill01',
    DestinationEndpointUserName: 'drill',
    DestinationEndpointPassword: password,
    // A string: the client would spread a list over RestoreObjects.1.DBName and so on.
    RestoreObjects: JSON.stringify([{ DBName: 'orders', NewDBName: `orders_${Date.now()}` }]),
    RestoreTime: Math.floor(Date.now() / hour) * hour,
  };
}

// follow polls until a task has ended, 2000 times at most, and returns it.
async function follow(client, RestoreTaskId, method) {
  let task;
  for (let polls = 0; polls < 2000; polls++) {
    const { Items } = await call(client, 'DescribeRestoreTaskList', { RestoreTaskId }, method);
    assert.equal(Items.RestoreTaskDetail.length, 1);
    [task] = Items.RestoreTaskDetail;
    if (['finish', 'stop'].includes(task.RestoreStatus)) break;
    await sleep(5);
  }
  return task;
}

// The client sends the parameters of a POST as a form, those of a GET in the query.
for (const method of ['POST', 'GET']) {
  test(`a restore by ${method} is created, started and followed to its end`, async () => {
    const client = connect();
    const { RestoreTaskId } = await call(client, 'CreateRestoreTask', drill(`orders *~+ ${method}`), method);
    const started = await call(client, 'StartRestoreTask', { RestoreTaskId }, method);
    assert.equal(started.RestoreTaskId, RestoreTaskId);

    const task = await follow(client, RestoreTaskId, method);
    assert.equal(task.RestoreStatus, 'finish');
    assert.ok(task.RestoreTaskFinishTime > task.RestoreTaskCreateTime);
    const precheck = await call(client, 'DescribePreCheckProgressList', { RestoreTaskId }, method);
    assert.equal(precheck.Status, 'finish');
    assert.ok(precheck.Items.PreCheckProgressDetail.length > 0);
  });
}

for (const [what, credentials, name, code] of [
  ['an unknown AccessKeyId', { accessKeyId: 'nobody' }, 'orders', 'InvalidAccessKeyId.NotFound'],
  ['a wrong secret', { accessKeySecret: 'wrong' }, 'orders', 'SignatureDoesNotMatch'],
  ['a restore without a name', {}, '', 'MissingRestoreTaskName'],
]) {
  test(`${what} is refused, and the password is not told`, async () => {
    await assert.rejects(call(connect(credentials), 'CreateRestoreTask', drill(name)), (err) => {
      assert.equal(err.code, code);
      assert.ok(!inspect(err).includes(secretWord));
      return true;
    });
  });
}

test('the backup plan is listed', async () => {
  const { Items } = await call(connect(), 'DescribeBackupPlanList', { Region: 'cn-hangzhou' });
  const ids = Items.BackupPlanDetail.map((plan) => plan.BackupPlanId);
  assert.ok(ids.includes(planID), `got ${ids}, want ${planID} among them`);
});
