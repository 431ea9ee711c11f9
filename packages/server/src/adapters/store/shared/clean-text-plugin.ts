import {
  OperationNodeTransformer,
  type KyselyPlugin,
  type PrimitiveValueListNode,
  type QueryResult,
  type RootOperationNode,
  type UnknownRow,
  type ValueNode,
} from "kysely";
import { toCleanText } from "./clean-text.ts";

/** Cleans every text of a query, see {@link toCleanText}: nothing is found under a name that cannot be stored. */
export function createCleanTextPlugin(): KyselyPlugin {
  const transformer = new CleanText();
  return {
    transformQuery: ({ node }): RootOperationNode => transformer.transformNode(node),
    transformResult: async ({ result }): Promise<QueryResult<UnknownRow>> => result,
  };
}

/** The library's way to visit every value of a query. */
class CleanText extends OperationNodeTransformer {
  protected override transformValue(node: ValueNode): ValueNode {
    return { ...node, value: toCleanText(node.value) };
  }

  protected override transformPrimitiveValueList(node: PrimitiveValueListNode): PrimitiveValueListNode {
    return { ...node, values: node.values.map(toCleanText) };
  }
}
