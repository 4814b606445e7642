"""The libraries that a user would otherwise take, as their documentation shows them. Imported by tests only.

They are installed beside the environment, not into it (`make peers`), so that the lock stays as it is.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.weights.catalogue import model_folder
from finetune.types import Encoded
from ingest.embedding import Embedder
from ingest.types import Vectors
from settings import Finetune, Settings

sys.path.append(str(Path(sys.prefix) / "bench"))  # last: what the environment has comes first

PASSAGE, QUERY = "passage: ", "query: "  # what the default embedder was trained to read


def langchain_embeddings(settings: Settings) -> Any:
    """Return LangChain's embeddings with our weights and prompts; the rest are its defaults."""
    from langchain_huggingface import HuggingFaceEmbeddings

    return HuggingFaceEmbeddings(
        model_name=_weights(settings),
        encode_kwargs={"normalize_embeddings": True, "prompt": PASSAGE},
        query_encode_kwargs={"normalize_embeddings": True, "prompt": QUERY},
    )


class OursBehindLangChain:
    """Our embedder with the two methods that LangChain asks of embeddings."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._embedder.embed_passages(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        vector: list[float] = self._embedder.embed_queries([text])[0].tolist()
        return vector


def langchain_chroma(
    texts: Sequence[str], embeddings: Any, folder: Path | str, metadatas: list[dict[str, str]] | None = None
) -> Any:
    """Return LangChain's store over a Chroma collection in `folder`."""
    from langchain_chroma import Chroma

    return Chroma.from_texts(list(texts), embeddings, metadatas, persist_directory=str(folder))


def llama_embeddings(settings: Settings) -> Any:
    """Return LlamaIndex's embeddings with our weights and prompts; the rest are its defaults."""
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    return HuggingFaceEmbedding(
        model_name=_weights(settings), text_instruction=PASSAGE, query_instruction=QUERY
    )


def llama_index(texts: Sequence[str], embeddings: Any, folder: Path) -> Any:
    """Return a LlamaIndex index of `texts`, embedded by a pipeline and written to `folder`."""
    from llama_index.core import VectorStoreIndex
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.schema import TextNode

    nodes = IngestionPipeline(transformations=[embeddings]).run(nodes=[TextNode(text=text) for text in texts])
    index = VectorStoreIndex(nodes, embed_model=embeddings)
    index.storage_context.persist(str(folder))
    return index


def chroma_collection(
    vectors: Vectors,
    folder: Path,
    texts: Sequence[str] | None = None,
    metadatas: Sequence[dict[str, Any]] | None = None,
) -> Any:
    """Return a Chroma collection with its default graph; ids are places."""
    import chromadb

    client = chromadb.PersistentClient(str(folder))
    collection = client.create_collection(
        "peers", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )
    for start in range(0, len(vectors), 5000):
        part = slice(start, start + 5000)
        collection.add(
            ids=[str(place) for place in range(len(vectors))[part]],
            embeddings=vectors[part],
            documents=list(texts[part]) if texts else None,
            metadatas=list(metadatas[part]) if metadatas else None,
        )
    return collection


def trl_trainer(model: Any, tokenizer: Any, rows: Sequence[Encoded], settings: Finetune, **told: Any) -> Any:
    """Return trl's trainer of replies with our LoRA and tokens; the batch and the rest are its defaults."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    known = [
        {
            "input_ids": list(one.ids),
            "completion_mask": [0] * one.prompt + [1] * (len(one.ids) - one.prompt),
        }
        for one in rows
    ]
    adapter = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=settings.targets,
        task_type="CAUSAL_LM",
    )
    defaults = {
        "completion_only_loss": True,
        "report_to": "none",
        "save_strategy": "no",
        "disable_tqdm": True,
    }
    data = Dataset.from_list(known)
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(**{**defaults, **told}),
        train_dataset=data,
        eval_dataset=data,
        processing_class=tokenizer,
        peft_config=adapter,
    )
    trainer.remove_callback(PrinterCallback)  # the table is ours
    return trainer


def _weights(settings: Settings) -> str:
    return str(model_folder(settings.embedder.model, settings.home))
