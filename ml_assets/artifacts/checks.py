"""What each asset check asks, in one sentence, as the Dagster UI shows it beside the check's name."""

from collections.abc import Mapping

CHECKS: Mapping[str, str] = {
    # raw_data, labels, examples
    "rejected_rows": "Of the source's rows, few enough cannot be read.",
    "labels": "Few enough rows have no label.",
    "splits_disjoint": "No key is in two splits.",
    "point_in_time": "No joined fact was known only after the moment of prediction.",
    # schema
    "schema_reviewed": "A person has read the schema and says so in it.",
    "change_explained": "The last change of the schema has a reason.",
    # anomalies, by kind
    "specification": "The schema says nothing that contradicts itself.",
    "row_counts": "There are as many rows as the schema wants, also against the span before.",
    "columns": "The columns and their types are those of the schema.",
    "presence": "Values are there as often as the schema wants.",
    "domains": "Values are among those that the schema lists.",
    "ranges": "Numbers, times and lengths of texts lie within the schema's limits.",
    "uniqueness": "Columns have as many different values as the schema wants.",
    "dependencies": "Columns follow from each other as the schema says.",
    # validated_examples, cell_errors
    "quarantine": "Few enough rows break a rule of the schema and are set aside.",
    "poisoning": "No span's labels contradict those of all others, and none is flooded with one row.",
    "cell_errors": "Few enough cells are probably wrong though they satisfy the schema.",
    # validated_features
    "features": "The feature table is what its pandera schema wants.",
    "leakage": "No feature is known only after the prediction, or alone tells the label.",
    "suspected_leakage": "No feature tells the label nearly alone, or lies later than the prediction.",
    "shared_rows": "No row of one split is repeated in another under another key.",
    # model
    "reproducible": "Fitted again with the same seed, the model predicts the same, byte for byte.",
    # evaluation
    "blessing": "Every threshold holds, and the model beats the linear one with confidence.",
    "not_flawless": "The main metric is not perfect, which would be too good to be true.",
    "probabilities": "The model's probabilities are no worse than those of the linear model.",
    "staleness": "The model stays worth serving for as long as it will serve.",
    "representational_harm": "Groups are as frequent as in the population; labels are not tied to them.",
    "opportunity_denial": "Groups are selected, and rightly selected, about as often as each other.",
    "disproportionate_failure": "No group bears far more errors than all together.",
    "disadvantage": "The features do not give a protected attribute away at the cost of a group.",
    # infra_validation, registered_model, promotion
    "infra_blessing": "As a real scoring server the model answers as in training, within its limits.",
    "champion": "There is a version that may serve.",
    "promotion": "The candidate was promoted: every verdict about it is positive.",
    # predictions
    "predictions": "The champion scored every row, with finite scores.",
    # skew, drift, performance
    "skew": "Scored rows look like those that the champion learned from, and satisfy the schema.",
    "drift": "The distribution of no column has moved, beyond chance and by more than is allowed.",
    "multivariate_drift": "No classifier can tell the scored rows from those of the training.",
    "performance": "On scored rows with known labels the champion is as good as it was evaluated.",
}
