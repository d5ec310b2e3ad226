import type { EndWire, GraphWire } from '@troupe/core/telemetry';
import type { Group } from './groups.ts';
import { groupsOf } from './groups.ts';
import type { Lanes } from './place.ts';

/** What is drawn of a graph: so little that it can be drawn, and looked at. */
export interface Picture {
  readonly nodes: readonly PictureNode[];
  readonly links: readonly Link[];
  /** Open groups: what is drawn around, or behind, the nodes of each. */
  readonly frames: readonly Group[];
  /** Closed ones because there is no room for what is in them, not because somebody closed them. */
  readonly folded: number;
  /** Stages that are not drawn at all, because they are not those that were searched for. */
  readonly left: number;
}

export type PictureNode =
  | { readonly kind: 'stage'; readonly id: string; readonly stage: number; readonly group: string }
  | { readonly kind: 'group'; readonly id: string; readonly group: Group }
  | {
      readonly kind: 'terminal';
      readonly id: string;
      readonly name: string;
      readonly side: 'in' | 'out';
      readonly group: string;
    };

/** One line: all edges between the same two nodes, one where both are stages or terminals. */
export interface Link {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly edges: readonly number[];
  readonly back: boolean;
}

export interface PictureWish {
  readonly lanes: Lanes;
  /** Groups that a person has opened, and closed, by id. */
  readonly open: ReadonlySet<string>;
  readonly closed: ReadonlySet<string>;
  /** What was searched for: in a graph that is too large, nothing but these is drawn. */
  readonly found: ReadonlySet<number> | undefined;
  readonly elements: Elements;
}

/** Elements of the page's document that the picture has at a time. */
export const elementsMax = 300;
/** Lines that it has: these cost no elements, but time to be laid out, and a person's patience. */
export const linksMax = 300;

/** Elements that one of each takes; `flow` is what there is around an empty picture. */
export type Elements = Readonly<Record<PictureNode['kind'] | 'frame' | 'flow', number>>;

export function elementsOf({ nodes, frames }: Picture, each: Elements): number {
  const drawn = nodes.reduce((sum, { kind }) => sum + each[kind], 0);
  return each.flow + drawn + frames.length * each.frame;
}

/**
 * What to draw. Everything where there is room; else groups, of which those that a person opens are opened
 * while there is room. `undefined` where not even the groups can be drawn: a table is the right thing then.
 */
export function pictureOf(graph: GraphWire, wish: PictureWish): Picture | undefined {
  const isDrawable = (picture: Picture): boolean =>
    picture.links.length <= linksMax && elementsOf(picture, wish.elements) <= elementsMax;
  const groups = groupsOf(graph, wish.lanes);
  const closed = new Set([...wish.closed].filter((id) => groups.some((group) => group.id === id)));
  const whole = draw(graph, groups, closed, undefined);
  if (isDrawable(whole)) return whole;
  if (wish.found !== undefined && wish.found.size > 0) {
    const picture = draw(graph, groups, closed, wish.found);
    if (isDrawable(picture)) return { ...picture, left: graph.stages.length - wish.found.size };
  }
  const folded = new Set(groups.map(({ id }) => id));
  let best = draw(graph, groups, folded, undefined);
  if (!isDrawable(best)) return undefined;
  for (const id of wish.open) {
    if (!folded.delete(id)) continue;
    const picture = draw(graph, groups, folded, undefined);
    if (isDrawable(picture)) best = picture;
    else folded.add(id);
  }
  return { ...best, folded: folded.size };
}

/** Whether a group is drawn with what is in it. */
export function isDrawn(graph: GraphWire, wish: PictureWish, group: string): boolean {
  return pictureOf(graph, wish)?.frames.some(({ id }) => id === group) ?? false;
}

/** With `only`, nothing but those stages. */
function draw(
  graph: GraphWire,
  groups: readonly Group[],
  closed: ReadonlySet<string>,
  only: ReadonlySet<number> | undefined,
): Picture {
  const nodes: PictureNode[] = [];
  const frames: Group[] = [];
  const nodeOf: string[] = [];
  const groupOf: string[] = [];
  for (const group of groups) {
    const isClosed = only === undefined && closed.has(group.id);
    const shown = only === undefined ? group.stages : group.stages.filter((stage) => only.has(stage));
    for (const stage of isClosed ? group.stages : shown) {
      nodeOf[stage] = isClosed ? groupNodeId(group) : stageNodeId(stage);
      groupOf[stage] = group.id;
    }
    if (isClosed) {
      nodes.push({ kind: 'group', id: groupNodeId(group), group });
      continue;
    }
    for (const stage of shown) nodes.push({ kind: 'stage', id: stageNodeId(stage), stage, group: group.id });
    if (shown.length > 0) frames.push(group);
  }
  const terminals = terminalsOf(graph, nodeOf, groupOf);
  return {
    nodes: [...nodes, ...terminals],
    links: linksOf(graph, nodeOf),
    frames: groups.length > 1 ? frames : [],
    folded: 0,
    left: 0,
  };
}

function groupNodeId({ id }: Group): string {
  return `group:${id}`;
}

function stageNodeId(stage: number): string {
  return `stage:${stage}`;
}

/** Terminals stand beside the stage that they lead to: of a closed group they are not drawn. */
function terminalsOf(
  graph: GraphWire,
  nodeOf: readonly string[],
  groupOf: readonly string[],
): readonly PictureNode[] {
  const terminals = new Map<string, PictureNode>();
  for (const { from, to } of graph.edges) {
    for (const [end, other, side] of [[from, to, 'in'] as const, [to, from, 'out'] as const]) {
      if (end.kind !== 'boundary' || other.kind !== 'stage') continue;
      if (nodeOf[other.stage] !== stageNodeId(other.stage)) continue;
      const id = terminalId(end.name, side);
      if (terminals.has(id)) continue;
      const group = groupOf[other.stage] ?? '';
      terminals.set(id, { kind: 'terminal', id, name: end.name, side, group });
    }
  }
  return [...terminals.values()];
}

function terminalId(name: string, side: 'in' | 'out'): string {
  return `${side}:${name}`;
}

function linksOf(graph: GraphWire, nodeOf: readonly string[]): readonly Link[] {
  const links = new Map<string, Link & { readonly edges: number[] }>();
  const idOf = (end: EndWire, other: EndWire, side: 'in' | 'out'): string | undefined => {
    if (end.kind === 'stage') return nodeOf[end.stage];
    const isDrawn = other.kind === 'stage' && nodeOf[other.stage] === stageNodeId(other.stage);
    return isDrawn ? terminalId(end.name, side) : undefined;
  };
  for (const edge of graph.edges) {
    const from = idOf(edge.from, edge.to, 'in');
    const to = idOf(edge.to, edge.from, 'out');
    if (from === undefined || to === undefined) continue;
    const bundles = !isSingle(from) || !isSingle(to);
    // What goes on within a closed group is not drawn.
    if (bundles && from === to) continue;
    const id = bundles ? `${from}>${to}` : `edge:${edge.index}`;
    const link = links.get(id);
    if (link === undefined) links.set(id, { id, from, to, edges: [edge.index], back: edge.back });
    else link.edges.push(edge.index);
  }
  return [...links.values()];
}

function isSingle(node: string): boolean {
  return /^(?:stage|in|out):/.test(node);
}

/** As a person calls what a link leads from, or to. */
export function titleOf(graph: GraphWire, { nodes }: Picture, id: string): string {
  const node = nodes.find((each) => each.id === id);
  switch (node?.kind) {
    case 'stage':
      return graph.stages[node.stage]?.name ?? id;
    case 'group':
      return node.group.title;
    case 'terminal':
      return node.name;
    default:
      return id;
  }
}

/** Two pictures with the same text have the same layout: figures do not count. */
export function shapeOf(picture: Picture): string {
  const nodes = picture.nodes.map((node) => `${node.id}@${node.kind === 'group' ? '' : node.group}`);
  const links = picture.links.map(({ id, from, to, back }) => `${id} ${from} ${to} ${back}`);
  return [...nodes, '', ...links, '', ...picture.frames.map(({ id }) => id)].join('\n');
}
