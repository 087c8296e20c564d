// The classification flow with the official JavaScript clients.
// Prints, as one line of JSON, what it was answered.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../package.json", import.meta.url));
const { TrainingAPIClient } = require("@azure/cognitiveservices-customvision-training");
const { PredictionAPIClient } = require("@azure/cognitiveservices-customvision-prediction");
const { ApiKeyCredentials } = require("@azure/ms-rest-js");

const endpoint = process.env.VISION_ENDPOINT;
const credentials = new ApiKeyCredentials({
    inHeader: { "Training-key": process.env.VISION_TRAINING_KEY },
});
const trainer = new TrainingAPIClient(credentials, endpoint);
const predictorCredentials = new ApiKeyCredentials({
    inHeader: { "Prediction-key": process.env.VISION_PREDICTION_KEY },
});
const predictor = new PredictionAPIClient(predictorCredentials, endpoint);
const photos = JSON.parse(readFileSync(process.argv[2], "utf8"));
const bytes = (photo) => Buffer.from(photo, "base64");
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The status and code with which a call fails. */
async function refusal(call) {
    try {
        return { answered: await call };
    } catch (error) {
        return { status: error.statusCode, code: error.code, message: error.message };
    }
}

const answer = {};
const domains = await trainer.getDomains();
const food = domains.find((domain) => domain.type === "Classification" && domain.name === "Food");
const project = await trainer.createProject("JavaScript", {
    description: "from Node.js",
    domainId: food.id,
    classificationType: "Multiclass",
});
answer.project = {
    settings: project.settings.classificationType,
    created: project.created instanceof Date,
    listed: (await trainer.getProjects()).some((listed) => listed.id === project.id),
};
answer.sameName = await refusal(trainer.createProject("JavaScript"));

const cannoli = await trainer.createTag(project.id, "cannoli");
const risotto = await trainer.createTag(project.id, "risotto", { description: "rice" });
const negative = { type: "Negative" };
const none = await trainer.createTag(project.id, "none", negative);
answer.sameTag = await refusal(trainer.createTag(project.id, "cannoli"));
answer.secondNegative = await refusal(trainer.createTag(project.id, "nothing", negative));
await trainer.deleteTag(project.id, none.id);

const files = photos.cannoli.map((photo, number) => ({
    name: `cannoli-${number}.jpg`,
    contents: bytes(photo),
    tagIds: [cannoli.id],
}));
const batch = await trainer.createImagesFromFiles(project.id, { images: files });
answer.batch = [batch.isBatchSuccessful, ...new Set(batch.images.map((image) => image.status))];
answer.statuses = [];
for (const photo of photos.risotto) {
    const made = await trainer.createImagesFromData(project.id, bytes(photo), {
        tagIds: [risotto.id],
    });
    answer.statuses.push(made.images[0].status);
}
const again = await trainer.createImagesFromFiles(project.id, { images: files.slice(0, 2) });
answer.again = [again.isBatchSuccessful, ...again.images.map((image) => image.status)];
const mixed = await trainer.createImagesFromFiles(project.id, {
    images: [{ name: "page.jpg", contents: Buffer.from("<html>"), tagIds: [cannoli.id] }, files[0]],
});
answer.mixed = mixed.images.map((image) => image.status);
const byUrl = await trainer.createImagesFromUrls(project.id, {
    images: [{ url: `${process.env.PHOTOS}/cannoli/700.jpg` }, { url: `${process.env.PHOTOS}/gone.jpg` }],
    tagIds: [cannoli.id],
});
answer.byUrl = byUrl.images.map((image) => image.status);
answer.counts = Object.fromEntries(
    (await trainer.getTags(project.id)).map((tag) => [tag.name, tag.imageCount]),
);
const tagged = await trainer.getTaggedImages(project.id, { take: 2, tagIds: [risotto.id] });
answer.tagged = tagged.map((image) => image.tags.map((tag) => tag.tagName));
answer.thumbnail = (await fetch(tagged[0].thumbnailUri)).status;

let iteration = await trainer.trainProject(project.id);
answer.started = [iteration.name, iteration.status];
while (iteration.status === "Training") {
    await sleep(100);
    iteration = await trainer.getIteration(project.id, iteration.id);
}
answer.ended = [iteration.status, iteration.trainedAt instanceof Date];
answer.trainAgain = await refusal(trainer.trainProject(project.id));
const performance = await trainer.getIterationPerformance(project.id, iteration.id, {
    threshold: 0.5,
});
answer.metrics = performance.perTagPerformance.map((tag) => tag.name).sort();
const published = await trainer.publishIteration(
    project.id,
    iteration.id,
    "live",
    process.env.VISION_PREDICTION_RESOURCE_ID,
);
answer.published = published.body;
answer.deletePublished = await refusal(trainer.deleteProject(project.id));

const likeliest = (found) => found.predictions.map((each) => each.tagName);
const one = bytes(photos.one);
const url = { url: `${process.env.PHOTOS}/cannoli/701.jpg` };
answer.found = {
    image: likeliest(await predictor.classifyImage(project.id, "live", one)),
    imageNoStore: likeliest(await predictor.classifyImageWithNoStore(project.id, "live", one)),
    url: likeliest(await predictor.classifyImageUrl(project.id, "live", url)),
    urlNoStore: likeliest(await predictor.classifyImageUrlWithNoStore(project.id, "live", url)),
    quick: likeliest(await trainer.quickTestImage(project.id, one, { store: false })),
};
answer.wrongName = await refusal(predictor.classifyImage(project.id, "other", one));
answer.noImage = await refusal(predictor.classifyImage(project.id, "live", Buffer.from("<html>")));
const stored = await trainer.queryPredictions(project.id, { orderBy: "Newest" });
answer.stored = stored.results.length;
await trainer.deletePrediction(
    project.id,
    stored.results.map((result) => result.id),
);
answer.storedAfter = (await trainer.queryPredictions(project.id, {})).results.length;

const wrongKey = new ApiKeyCredentials({ inHeader: { "Training-key": "wrong" } });
answer.wrongKey = await refusal(new TrainingAPIClient(wrongKey, endpoint).getProjects());
answer.unknown = await refusal(trainer.getProject("00000000-0000-4000-8000-000000000000"));

await trainer.unpublishIteration(project.id, iteration.id);
await trainer.deleteIteration(project.id, iteration.id);
await trainer.deleteProject(project.id);
answer.gone = await refusal(trainer.getProject(project.id));
console.log(JSON.stringify(answer));
