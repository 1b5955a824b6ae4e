import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** What a machine needs to have: Debian's packages slurm-wlm and munge. */
const PROGRAMS = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'scancel', 'sinfo'];

/** Debian puts daemons where only root looks. */
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

/** @returns why there can be no Slurm here, or null */
export function whyNoSlurm(): string | null {
  if (process.getuid?.() !== 0) return 'only root can start one';
  const missing = PROGRAMS.find(
    (program) => spawnSync('sh', ['-c', `command -v ${program}`], { env: { PATH } }).status !== 0,
  );
  return missing === undefined ? null : `there is no ${missing} (Debian's packages slurm-wlm and munge)`;
}

const LONGEST_START = 60_000;
const LONGEST_STOP = 30_000;

/** A cluster of this machine alone. */
export interface Cluster {
  /** Of the file that Slurm's programs look for in the variable SLURM_CONF. */
  readonly config: string;
  stop(): Promise<void>;
}

/**
 * Starts munged, slurmctld and slurmd on the loopback, as a node of two CPUs that is called as this machine.
 * @param folder for all that they write, their key and their configuration
 * @throws Error with what they logged, when the node is not ready in time
 */
export async function startSlurm(folder: string): Promise<Cluster> {
  // munged wants its socket to be where everybody can reach it.
  chmodSync(folder, 0o755);
  for (const name of ['state', 'spool']) mkdirSync(join(folder, name));
  const [controller, node] = await freePorts(2);
  const munge = (name: string): string => join(folder, `munge.${name}`);
  const config = join(folder, 'slurm.conf');
  writeFileSync(config, configOf(folder, controller!, node!));
  writeFileSync(join(folder, 'cgroup.conf'), 'CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n');
  writeFileSync(munge('key-file'), randomBytes(1024), { mode: 0o400 });
  const env = { ...process.env, PATH, SLURM_CONF: config };
  const daemons: ChildProcess[] = [];
  const start = (program: string, ...args: string[]): void => {
    daemons.push(spawn(program, args, { env, stdio: 'ignore' }));
  };
  const stop = async (): Promise<void> => {
    // Of a test that failed: their processes are no children of the daemons, which do not take them along.
    if (daemons.length === 3) {
      spawnSync('scancel', ['--user=root'], { env });
      await untilQueueIsEmpty(LONGEST_STOP, env).catch(console.error);
    }
    for (const daemon of daemons.reverse()) await end(daemon);
  };
  try {
    const files = ['socket', 'key-file', 'pid-file', 'seed-file', 'log-file'].map(
      (name) => `--${name}=${munge(name)}`,
    );
    start('munged', '--foreground', '--num-threads=1', ...files);
    await until(
      () => spawnSync('munge', ['-n', `--socket=${munge('socket')}`], { env }).status === 0,
      folder,
    );
    start('slurmctld', '-D', '-f', config);
    start('slurmd', '-D', '-f', config);
    await until(() => nodeState(env) === 'idle', folder);
  } catch (error) {
    await stop();
    throw error;
  }
  return { config, stop };
}

const nodeState = (env: NodeJS.ProcessEnv): string =>
  spawnSync('sinfo', ['--noheader', '--format=%T'], { env, encoding: 'utf8' }).stdout.trim();

const configOf = (folder: string, controller: number, node: number): string => {
  const [name] = hostname().split('.');
  return `ClusterName=dendrite
SlurmctldHost=${name}(127.0.0.1)
SlurmctldPort=${controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=${join(folder, 'munge.socket')}
StateSaveLocation=${join(folder, 'state')}
SlurmdSpoolDir=${join(folder, 'spool')}
SlurmctldPidFile=${join(folder, 'slurmctld.pid')}
SlurmdPidFile=${join(folder, 'slurmd.pid')}
SlurmctldLogFile=${join(folder, 'slurmctld.log')}
SlurmdLogFile=${join(folder, 'slurmd.log')}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_interval=1
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=10
NodeName=${name} NodeHostname=${name} NodeAddr=127.0.0.1 Port=${node} CPUs=2 State=UNKNOWN
PartitionName=tests Nodes=${name} Default=YES MaxTime=INFINITE State=UP
`;
};

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = servers.map(
    (server) =>
      new Promise<number>((done) =>
        server.listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port)),
      ),
  );
  const found = await Promise.all(ports);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return found;
}

async function until(isSo: () => boolean, folder: string): Promise<void> {
  const end = performance.now() + LONGEST_START;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`Slurm is not ready:\n${logsIn(folder)}`);
    await pause(100);
  }
}

/** The ends of what the daemons logged. */
const logsIn = (folder: string): string =>
  ['munge.log-file', 'slurmctld.log', 'slurmd.log']
    .map((name) => {
      try {
        return `${name}:\n${readFileSync(join(folder, name), 'utf8').slice(-2000)}`;
      } catch {
        return `${name}: nothing`;
      }
    })
    .join('\n');

async function end(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const ended = new Promise((done) => daemon.on('exit', done));
  daemon.kill('SIGTERM');
  const isLate = setTimeout(() => daemon.kill('SIGKILL'), LONGEST_STOP);
  await ended;
  clearTimeout(isLate);
}

/** Waits until no job is in the queue. */
export async function untilQueueIsEmpty(longest: number, env = process.env): Promise<void> {
  const end = performance.now() + longest;
  for (;;) {
    const jobs = execFileSync('squeue', ['--noheader', '--array'], { env, encoding: 'utf8' });
    if (jobs.trim() === '') return;
    if (performance.now() > end) throw new Error(`jobs do not end:\n${jobs}`);
    await pause(200);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
