export type Split = 'seen' | 'pairs' | 'company';

export interface Group {
  readonly thing: string;
  readonly colour: string;
  readonly size: string;
  readonly places: readonly string[];
}

export interface Scene {
  readonly background: string;
  /** In the order in which a caption tells them. */
  readonly groups: readonly Group[];
}

export interface Thing {
  readonly thing: string;
  readonly colour: string;
  readonly size: string;
  readonly place: string;
}

export declare const THINGS: readonly { readonly name: string }[];
export declare const COLOURS: readonly { readonly name: string }[];
export declare const BACKGROUNDS: readonly { readonly name: string }[];
export declare const HELD_PAIRS: readonly { readonly thing: string; readonly colour: string }[];
export declare const HELD_COMPANY: readonly (readonly string[])[];
export declare const SPLITS: readonly Split[];
export declare function listThings(scene: Scene): Thing[];
export declare function findHeldOut(scene: Scene): Split[];
