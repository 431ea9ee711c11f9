/** How much thought a request takes, as a person would say, not as the rules see it. */
export const tiers = ["simple", "medium", "complex"] as const;
export type Tier = (typeof tiers)[number];

/** One request of the mix. */
export interface RoutingTask {
  readonly tier: Tier;
  readonly language: string;
  /** As the rules read it. Where a long text was pasted, `…` stands for the rest. */
  readonly prompt: string;
  readonly tokens: TaskTokens;
}

/** Assumptions; what they rest on stands in the report. */
interface TaskTokens {
  /** System prompt, history and files that go before the prompt. */
  readonly context?: number;
  /** What `…` stands for. */
  readonly pasted?: number;
  readonly answer: number;
}

/**
 * Requests by tier. Guides to routing put 40 to 50 % of real traffic down as simple, 30 to 40 % as medium and 10 to 20 %
 * as complex; what the middles of these ranges leave over goes to the simple ones, in favour of a saving.
 */
export const tierShares: Readonly<Record<Tier, number>> = { simple: 0.5, medium: 0.35, complex: 0.15 };

const [simple, medium, complex] = [toTask("simple"), toTask("medium"), toTask("complex")];

/** Of one tier all tasks weigh the same. */
export const routingMix: readonly RoutingTask[] = [
  // Frequent questions, short summaries, classifications, small rewrites. The first, the second and the fourth
  // are examples of the former service's pages.
  simple("English", "What is 2+2?", { answer: 15 }),
  simple("English", "Hello!", { answer: 30 }),
  simple("English", "What's the difference between == and === in JavaScript?", { answer: 180 }),
  simple("English", "List Python files in src/", { context: 1_500, answer: 120 }),
  simple(
    "English",
    'Is this review positive or negative? Answer with one word.\n\n"The zip broke after two days and nobody answers the phone."',
    { answer: 5 },
  ),
  simple("English", "Rewrite this politely: send me the invoice today or we cancel the contract.", { answer: 60 }),
  simple(
    "English",
    "Summarize in two sentences:\n\nHi all, Thursday's deployment is postponed to next Tuesday because the new " +
      "certificates have not arrived. Please keep the release branch frozen until then. Maria stays on call over the " +
      "weekend, and the customers who were promised the fix get a mail from support this afternoon.",
    { answer: 70 },
  ),
  simple("English", "Convert these dates to ISO 8601: 3 May 2026, 14/11/25, Dec 1st 2024", { answer: 60 }),
  simple("Chinese", "法国的首都是哪里？", { answer: 15 }),
  simple("Chinese", "把这句话翻译成英文：会议改到下周三下午三点。", { answer: 25 }),
  simple("Russian", "Как отменить последний коммит в git, не потеряв изменения?", { answer: 150 }),
  simple("Russian", "Переведи на английский: Спасибо за быстрый ответ, оплата поступит завтра.", { answer: 20 }),
  simple("Spanish", "¿Cuál es el horario de atención al cliente?", { context: 1_200, answer: 50 }),
  simple("French", "Corrige l'orthographe : « Je vous remerci pour votre réponce rapide. »", { answer: 30 }),
  simple("German", "Wie viele Tage hat der Februar 2028?", { answer: 20 }),
  simple("Portuguese", "Renomeie a variável x para total neste trecho: x = preco * quantidade", { answer: 30 }),

  // Reasoning in some steps, texts and code of moderate length, structured extraction. The first three
  // and the fifth are examples of those pages.
  medium("English", "Explain machine learning", { answer: 700 }),
  medium(
    "English",
    "Analyze this algorithm...\n```python\ndef pairs(items, total):\n    seen = set()\n    for item in items:\n" +
      "        if total - item in seen:\n            yield item, total - item\n        seen.add(item)\n```",
    { answer: 600 },
  ),
  medium(
    "English",
    "Analyze this code for bugs:\nasync function load(ids) {\n  const rows = [];\n  ids.forEach(async (id) => {\n    " +
      "rows.push(await fetchRow(id));\n  });\n  return rows;\n}\n…",
    { pasted: 900, answer: 700 },
  ),
  medium(
    "English",
    "Extract every company, person and amount from the contract below as JSON with the keys companies, people and " +
      "amounts.\n\nThis agreement is made on 1 March 2026 between Northwind Trading Ltd, represented by Ms Adaeze Obi, …",
    { pasted: 3_000, answer: 500 },
  ),
  medium("English", "Write a story about AI", { answer: 1_100 }),
  medium(
    "English",
    "Write a unit test for this function:\n```ts\nexport function slugify(title: string): string {\n  return " +
      'title.trim().toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");\n}\n```',
    { context: 2_000, answer: 600 },
  ),
  medium(
    "English",
    "Our build takes 14 minutes on CI but 3 on my laptop. Here is the log; where does the time go?\n```\n" +
      "[00:00:04] restoring cache… miss\n[00:04:51] npm ci done\n…\n```",
    { pasted: 2_500, answer: 600 },
  ),
  medium("Chinese", "请把下面的会议记录整理成待办事项清单，注明负责人和截止日期：\n\n王：首页改版下周一上线，…", {
    pasted: 1_800,
    answer: 450,
  }),
  medium("Chinese", "用 Python 写一个脚本，读取 CSV 文件，按月份汇总销售额并画出折线图。", { answer: 800 }),
  medium(
    "Russian",
    "Напиши SQL-запрос, который для каждого клиента находит три последних заказа и их общую сумму. Таблицы: " +
      "clients(id, name), orders(id, client_id, created_at, total).",
    { answer: 350 },
  ),
  medium("Russian", "Объясни, чем отличаются процессы и потоки, и когда что лучше использовать.", { answer: 700 }),
  medium(
    "French",
    "Résume ce rapport en une page pour la direction, avec les chiffres clés et les risques :\n\nAu troisième " +
      "trimestre, le chiffre d'affaires a progressé de 4 %, …",
    { pasted: 4_500, answer: 700 },
  ),
  medium(
    "German",
    "Schreibe eine Antwort an die Kundin: Lieferung zwei Wochen verspätet, Gutschein über 20 Euro, freundlich und " +
      "kurz begründet.",
    { context: 600, answer: 300 },
  ),
  medium(
    "Italian",
    "Scrivi una funzione TypeScript che unisce intervalli di date sovrapposti, con gestione degli errori.",
    { answer: 500 },
  ),

  // Work on many files, deep analysis, the design of a whole. The first three are from those pages.
  complex(
    "English",
    "Design a distributed system that delivers two million push notifications a minute, with at-least-once delivery " +
      "and limits per tenant.",
    { answer: 3_500 },
  ),
  complex("English", "Analyze all Python files for security issues", { context: 45_000, answer: 3_000 }),
  complex("English", "List all Python files and analyze complexity", { context: 18_000, answer: 1_500 }),
  complex(
    "English",
    "Refactor the payment module so that providers are plug-ins; keep the public API and the tests green.",
    { context: 24_000, answer: 4_500 },
  ),
  complex(
    "English",
    "The service deadlocks under load about once a day. Thread dumps and the two classes are above. Find the cause " +
      "and propose a fix.",
    { context: 16_000, answer: 2_000 },
  ),
  complex(
    "English",
    "Write a migration plan from our monolith to services: order of extraction, data ownership, rollback, and what we " +
      "must not do.",
    { context: 6_000, answer: 3_000 },
  ),
  complex("Chinese", "设计一个支持多租户的计费系统，要求能水平扩展，并说明数据模型、幂等性和对账流程。", {
    context: 2_000,
    answer: 3_000,
  }),
  complex(
    "Russian",
    "Проверь этот pull request: 14 файлов, изменения в авторизации и миграция базы. Отметь ошибки и риски.",
    { context: 22_000, answer: 1_800 },
  ),
  complex(
    "Spanish",
    "Compara estas tres arquitecturas para nuestro almacén de datos y recomienda una, con costes a tres años.",
    { context: 5_000, answer: 2_500 },
  ),
  complex("Japanese", "この要件定義書をもとに、API 仕様とデータベース設計、テスト計画を作成してください。", {
    context: 7_000,
    answer: 4_000,
  }),
];

function toTask(tier: Tier) {
  return (language: string, prompt: string, tokens: TaskTokens): RoutingTask => ({ tier, language, prompt, tokens });
}
