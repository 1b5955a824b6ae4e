import { realpathSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UserError } from '../../kernels/index.ts';
import { causeOf, hasCode, ownPackage } from '../../results/index.ts';
import type { ComparisonList } from './api.ts';
import { FigureDrawer } from './figures.ts';
import { answer, answerJson, beginEvents, refusalOf, refuse } from './requests.ts';
import { runPage } from './run-page.ts';
import { WatchedFolder } from './watched-folder.ts';
import { type WebFile, webFiles } from './web-files.ts';

/** Where a dashboard is served. */
export interface Dashboard {
  /** The address of the page. */
  readonly url: string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
/** A proxy or a browser gives a connection up on which nothing comes for long. */
const BEAT_MS = 15_000;

/** What answers need. */
interface Site {
  /** As it was given. */
  readonly given: string;
  readonly folder: WatchedFolder;
  readonly figures: FigureDrawer;
  readonly files: ReadonlyMap<string, WebFile>;
}

/**
 * Serves the dashboard of a folder, to this machine alone. It writes nothing.
 * @param given the folder
 * @param port 0 for any that is free
 * @param files of the page; those that are built when left out
 * @throws UserError if there is no such folder, the page is not built, or the port is taken
 */
export async function serveDashboard(
  given: string,
  port: number,
  files: ReadonlyMap<string, WebFile> = webFiles(),
): Promise<Dashboard> {
  const site: Site = {
    given,
    folder: new WatchedFolder(realFolder(given)),
    figures: new FigureDrawer(),
    files,
  };
  const server = createServer((request, response) => {
    handle(site, request, response).catch((error) => {
      if (!response.headersSent) refuse(response, { status: 500, error: (error as Error).message });
      else response.destroy();
    });
  });
  await listening(server, port);
  // What the first page asks for is read before it asks.
  void site.folder.refresh();
  return {
    url: `http://${HOST}:${portOf(server)}/`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await Promise.all([closed, site.figures.close()]);
    },
  };
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch (error) {
    throw new UserError(
      `the folder ${folder} cannot be served because ${causeOf(error)}; name the folder of a comparison, or one that holds some`,
    );
  }
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const listening = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const cause = hasCode(error, 'EADDRINUSE') ? 'another program uses it' : causeOf(error);
      reject(
        new UserError(
          `port ${port} cannot be listened at because ${cause}; choose another with --port, or --port 0 for any that is free`,
        ),
      );
    });
    server.listen(port, HOST, () => resolve());
  });

async function handle(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const refused = refusalOf(request, request.socket.localPort!);
  if (refused) return refuse(response, refused);
  if (!URL.canParse(request.url!, `http://${HOST}`)) return refuse(response, NOTHING);
  const url = new URL(request.url!, `http://${HOST}`);
  const file = site.files.get(url.pathname);
  if (file) return answer(response, 200, file.type, file.bytes);
  const respond = ROUTES[url.pathname];
  if (!respond) return refuse(response, NOTHING);
  await respond(site, url.searchParams, response);
}

type Route = (site: Site, asked: URLSearchParams, response: ServerResponse) => Promise<void>;

/** By their paths. What they are asked for is looked up by its name among what was found: no name is made a path. */
const ROUTES: Readonly<Record<string, Route>> = {
  '/api/comparisons': async ({ folder, given }, _, response) => {
    await folder.refresh();
    const list: ComparisonList = {
      folder: given,
      dendrite: ownPackage().version,
      comparisons: folder.entries,
    };
    answerJson(response, list);
  },

  '/api/comparison': async ({ folder }, asked, response) => {
    await folder.refresh();
    const comparison = folder.find(asked.get('id') ?? '');
    if (!comparison) return refuse(response, NO_COMPARISON);
    const { page, entry } = comparison;
    if (page) answerJson(response, page);
    else refuse(response, { status: 422, error: entry.problem! });
  },

  '/api/run': async ({ folder }, asked, response) => {
    await folder.refresh();
    const comparison = folder.find(asked.get('comparison') ?? '');
    if (!comparison) return refuse(response, NO_COMPARISON);
    const page = await runPage(comparison, asked.get('run') ?? '');
    if (page) answerJson(response, page);
    else refuse(response, NO_RUN);
  },

  '/api/figure': async ({ folder, figures }, asked, response) => {
    await folder.refresh();
    const run = asked.get('run') ?? '';
    const figure = asked.get('figure') ?? '';
    const comparison = folder.find(asked.get('comparison') ?? '');
    const page = comparison && (await runPage(comparison, run));
    if (!page) return refuse(response, NO_RUN);
    const listed = page.figures.find(({ name }) => name === figure);
    if (!listed) return refuse(response, { status: 404, error: `no figure of a run is called '${figure}'` });
    if (listed.missing !== null) return refuse(response, { status: 422, error: listed.missing });
    const reply = await figures.draw({ folder: comparison.folder, run, figure });
    if ('error' in reply) refuse(response, { status: 422, error: reply.error });
    else answerJson(response, reply);
  },

  '/api/events': async ({ folder }, asked, response) => {
    const send = beginEvents(response);
    const end = folder.listen(asked.getAll('comparison'), (change) => send('change', change));
    const beat = setInterval(() => send('beat', null), BEAT_MS);
    response.on('close', () => {
      clearInterval(beat);
      end();
    });
  },
};

const NOTHING = { status: 404, error: 'there is nothing at this address' };
const NO_COMPARISON = { status: 404, error: 'there is no such comparison in this folder' };
const NO_RUN = { status: 404, error: 'there is no such run, or it has not begun or cannot be read' };
