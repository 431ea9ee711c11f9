/**
 * Words by what they say about a task, in English, Spanish, French, German, Portuguese, Italian, Chinese and Japanese.
 * They are written without accents, as prompts are read. `*` stands for any ending; it is left out where the stem
 * begins other words.
 */
export const routingKeywords = {
  /** Work that is done in one step. */
  simple: toKeywords(
    "list, lists, count, counts, format, show, get, create, add, print, sort, convert, translate, rename, " +
      "extract, extraction, simple",
    "lista, listar, enumera, cuenta, contar, formatea, muestra, mostrar, obten, crea, crear, anade, " +
      "agrega, traduce, convierte, ordena, sencill*",
    "liste, lister, compte, comptez, compter, formate, formater, affiche*, montre, montrez, cree, creer, " +
      "creez, ajoute, ajouter, ajoutez, traduis*, convertis*",
    "auflisten, zahle, zahl, formatier*, zeig, zeige, zeigen, erstelle, erstellen, hinzufugen, fuge, " +
      "ubersetz*, konvertier*, sortier*, einfach*",
    "conte, mostre, obtenha, crie, criar, adicione, adicionar, traduza, converta, simples",
    "elenca, elencare, conta, contare, formatta*, mostra, mostrare, ottieni, aggiungi, traduci, converti, " +
      "semplic*",
    "列出, 列举, 列舉, 计数, 計數, 数一下, 格式化, 显示, 顯示, 获取, 创建, 創建, 添加, 翻译, 翻譯, 转换, 轉換, 简单, 簡單",
    "一覧, リストアップ, 数え, フォーマット, 整形, 表示, 取得, 作成, 追加, 翻訳, 変換, 簡単",
  ),
  /** Work that takes thought. */
  demanding: toKeywords(
    "analy*, architect*, debug*, design*, implement*, optimize*, optimise*, optimization*, optimisation*, " +
      "optimizing, optimising, refactor*",
    "review, reviews, reviewing, test, tests, testing, diagnos*, strateg*, investigat*, troubleshoot*, " +
      "root cause, complex, prove",
    "analiz*, analis*, arquitect*, depura*, disen*, optimiza*, refactoriza*, revisa, revisar, revise, " +
      "prueba, pruebas, estrateg*, investiga*, complej*",
    "deboguer, debogue*, debogage, concevoir, concevez, concois, conception, optimiser, optimisez, " +
      "remanie*, relis*, examine*, etudie*",
    "architekt*, entwirf*, entwerf*, entwurf*, optimier*, refaktor*, uberpruf*, teste, testen, untersuch*, " +
      "komplex*",
    "arquitet*, projete, projetar, otimiz*, refator*, testar, testes, diagnostiqu*, complex*",
    "analizz*, architett*, progetta*, ottimizz*, rifattorizz*, revisiona*, collauda*, verifica*, compless*",
    "分析, 设计, 設計, 架构, 架構, 调试, 調試, 除錯, 实现, 實現, 优化, 優化, 重构, 重構, 审查, 審查, 测试, 測試, 诊断, 診斷, 策略, 复杂, 複雜",
    "解析, アーキテクチャ, デバッグ, 実装, 最適化, リファクタ, レビュー, テスト, 診断, 戦略, 調査, 複雑",
  ),
  /** To give a whole its shape. */
  design: toKeywords(
    "design*, architect*, disen*, arquitect*, concevoir, concevez, concois, conception, entwirf*, " +
      "entwerf*, entwurf*, architekt*",
    "projete, projetar, desenhe, desenhar, arquitet*, progetta*, architett*, 设计, 設計, 架构, 架構, アーキテクチャ",
  ),
  /** A whole of many parts that have to agree. */
  scale: toKeywords(
    "distributed, microservice*, scalable, scalability, fault tolerant, fault tolerance, " +
      "high availability, highly available, multi region, consensus, sharding, sharded",
    "distribuid*, microservicio*, escalable*, escalabilidad, tolerante a fallos, alta disponibilidad",
    "distribue*, reparti, repartie, repartis, haute disponibilite, tolerant aux pannes",
    "verteilt*, skalierbar*, hochverfugbar*, ausfallsicher*, fehlertoleran*",
    "microsservico*, escalavel, escalaveis, escalabilidade, tolerante a falhas, alta disponibilidade",
    "distribuit*, microserviz*, scalabil*, alta disponibilita, tollerante ai guasti",
    "分布式, 分散式, 微服务, 微服務, 高可用, 可扩展, 可擴展, 容错, 容錯, 分散システム, マイクロサービス, スケーラブル, 耐障害",
  ),
};

/** One text for each language. */
function toKeywords(...languages: readonly string[]): string[] {
  return [...new Set(languages.flatMap((language) => language.split(", ")))];
}
